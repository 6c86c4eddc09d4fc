/**
 * Strings, lists, hashes and their kin as pure structures that know neither keys nor expiry nor
 * replies.
 */
@NullMarked
package io.flotilla.statemachine.datatypes;

import org.jspecify.annotations.NullMarked;

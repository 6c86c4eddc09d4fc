/**
 * Transcripts: what a client says and what it is answered, in files that people read and machines
 * run.
 */
@NullMarked
package io.flotilla.statemachine.transcripts;

import org.jspecify.annotations.NullMarked;

/** Redis's RDB notation of values: what DUMP and RESTORE exchange, and RDB files hold. */
@NullMarked
package io.flotilla.statemachine.rdb;

import org.jspecify.annotations.NullMarked;

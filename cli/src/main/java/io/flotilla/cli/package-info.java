/** The operator's command line: words in, admin calls out, tables or JSON back. */
@NullMarked
package io.flotilla.cli;

import org.jspecify.annotations.NullMarked;

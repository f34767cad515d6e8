/** What an archive says of itself, and why one is refused. */
@NullMarked
package org.djlift.archive;

import org.jspecify.annotations.NullMarked;

/**
 * Doors for plain DJL: translators that an archive names, so that {@code Criteria} and DJL Serving find them by
 * themselves.
 */
@NullMarked
package org.djlift.translate;

import org.jspecify.annotations.NullMarked;

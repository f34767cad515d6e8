/** Translators for plain DJL: an archive names its own, so {@code Criteria} and DJL Serving find it. */
@NullMarked
package org.djlift.translate;

import org.jspecify.annotations.NullMarked;

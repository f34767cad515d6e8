/** Values: what goes into a model and what comes out. */
@NullMarked
package org.djlift.data;

import org.jspecify.annotations.NullMarked;

/** Zoos of archives, in a folder or behind HTTP, and the coordinates of an artifact in one. */
@NullMarked
package org.djlift.zoo;

import org.jspecify.annotations.NullMarked;

/** Zoos of archives, in a folder or behind HTTP, and the coordinates of an artifact in one. */
package org.djlift.zoo;

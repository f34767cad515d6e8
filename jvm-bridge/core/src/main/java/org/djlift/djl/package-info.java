/**
 * djlift's zoos for plain DJL: {@code Criteria.optModelUrls("djlift://group/name/version")}, and a {@code ModelZoo} for
 * those who ask by group.
 */
@NullMarked
package org.djlift.djl;

import org.jspecify.annotations.NullMarked;

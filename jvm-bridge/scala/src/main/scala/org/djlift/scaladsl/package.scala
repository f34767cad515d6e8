package org.djlift

/** djlift with Scala's collections: a class for each task, which wraps the class of the same name in `org.djlift`.
  *
  * Load a model with `using`, `load` or `loadFrom` of its companion object, which take [[ModelSettings]]. Each option
  * of a call, such as those of [[org.djlift.EntityOptions]], is looked up in the options of the call, then in those of
  * the settings, then in the archive. [[TokenClassifier]] has an example.
  */
package object scaladsl

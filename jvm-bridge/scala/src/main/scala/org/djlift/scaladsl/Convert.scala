package org.djlift.scaladsl

import java.util.function.{Function => JFunction}

/** Collections of the one language for the other, the same in Scala 2.12, 2.13 and 3. */
private[scaladsl] object Convert {

  def toJava[A](values: Seq[A]): java.util.List[A] = {
    val list = new java.util.ArrayList[A](values.size)
    values.foreach(value => list.add(value))
    list
  }

  def toJava[A](values: Iterator[A]): java.util.Iterator[A] = new java.util.Iterator[A] {
    override def hasNext: Boolean = values.hasNext
    override def next(): A = values.next()
  }

  def toScala[A](values: java.util.Iterator[A]): Iterator[A] = new Iterator[A] {
    override def hasNext: Boolean = values.hasNext
    override def next(): A = values.next()
  }

  def toScala[A](values: java.util.List[A]): Vector[A] = toScala(values.iterator).toVector

  def function[A, B](work: A => B): JFunction[A, B] = new JFunction[A, B] {
    override def apply(value: A): B = work(value)
  }
}

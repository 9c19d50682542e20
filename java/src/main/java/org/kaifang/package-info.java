/**
 * kaifang for Java: a thin link to the C library {@code libkaifang}, found by {@code jna.library.path} or the system's own
 * ways. No rule lives here. Text is UTF-8 on the way in and out, whatever {@code file.encoding} says, and half a
 * surrogate pair is refused; documents are JSON strings, so that a host keeps its own JSON library.
 */
package org.kaifang;

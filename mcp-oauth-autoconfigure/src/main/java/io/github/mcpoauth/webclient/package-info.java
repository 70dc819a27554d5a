/**
 * The exchange filter that gives requests below a server's URL their token.
 */
@NullMarked
package io.github.mcpoauth.webclient;

import org.jspecify.annotations.NullMarked;

/**
 * One stateless class per RFC, one HTTP exchange per method, no decisions.
 */
@NullMarked
package io.github.mcpoauth.protocol;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * One stateless class for each RFC, one HTTP exchange for each method, no decisions.
 */
@NullMarked
package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * The path a person takes to a new grant: discover, register, authorize, exchange.
 */
@NullMarked
package io.github.mcpoauth.internal.login;

import org.jspecify.annotations.NullMarked;

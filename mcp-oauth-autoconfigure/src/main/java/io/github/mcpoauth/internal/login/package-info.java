// SPDX-License-Identifier: Apache-2.0

/**
 * The path to a new grant with a user: discover, register, authorize, exchange, store.
 */
@NullMarked
package io.github.mcpoauth.internal.login;

import org.jspecify.annotations.NullMarked;

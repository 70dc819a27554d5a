// SPDX-License-Identifier: Apache-2.0

/**
 * Grants and clients as values, and the pure functions over them. No I/O.
 */
@NullMarked
package io.github.mcpoauth.grant;

import org.jspecify.annotations.NullMarked;

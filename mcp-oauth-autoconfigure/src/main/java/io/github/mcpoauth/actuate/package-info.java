// SPDX-License-Identifier: Apache-2.0

/**
 * The endpoint, health and metrics of a manager, for operators.
 */
@NullMarked
package io.github.mcpoauth.actuate;

import org.jspecify.annotations.NullMarked;

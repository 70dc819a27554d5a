// SPDX-License-Identifier: Apache-2.0

/**
 * The vocabulary an application sees: the manager, its servers, their status, and the
 * ways to fail.
 */
@NullMarked
package io.github.mcpoauth;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * Commands of applications with many starters.
 */
@NullMarked
package io.github.mcpoauth.starters;

import org.jspecify.annotations.NullMarked;

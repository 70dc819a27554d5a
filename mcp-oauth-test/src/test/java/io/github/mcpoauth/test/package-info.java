// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of the test support, which are also examples of its use.
 */
@NullMarked
package io.github.mcpoauth.test;

import org.jspecify.annotations.NullMarked;

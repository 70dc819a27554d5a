// SPDX-License-Identifier: Apache-2.0

/**
 * Real servers, a store and a clock for tests. No part of the library.
 */
@NullMarked
package io.github.mcpoauth.testing;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * Puts refresh and login behind the manager that applications see.
 */
@NullMarked
package io.github.mcpoauth.manager;

import org.jspecify.annotations.NullMarked;

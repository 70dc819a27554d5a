// SPDX-License-Identifier: Apache-2.0

/**
 * Settings that only auto-configuration passes to the manager's builder.
 */
@NullMarked
package io.github.mcpoauth.internal.manager;

import org.jspecify.annotations.NullMarked;

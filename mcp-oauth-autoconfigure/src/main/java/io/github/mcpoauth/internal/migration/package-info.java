// SPDX-License-Identifier: Apache-2.0

/**
 * Taking over logins from the stores of other agents.
 */
@NullMarked
package io.github.mcpoauth.internal.migration;

import org.jspecify.annotations.NullMarked;

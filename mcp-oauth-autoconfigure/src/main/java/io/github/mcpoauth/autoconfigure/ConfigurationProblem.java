// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with the configuration. No part of it holds the value of a
 * property that may be a secret.
 *
 * @param property full name of the property
 * @param origin where it was set, {@code null} if it was not
 * @param reason the reason
 * @param action the remedy
 */
record ConfigurationProblem(String property, @Nullable String origin, String reason, String action) {

}

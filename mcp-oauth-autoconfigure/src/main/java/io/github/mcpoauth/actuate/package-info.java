// SPDX-License-Identifier: Apache-2.0

/**
 * What operators see: the endpoint, health and metrics of any manager.
 */
@NullMarked
package io.github.mcpoauth.actuate;

import org.jspecify.annotations.NullMarked;

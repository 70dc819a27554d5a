// SPDX-License-Identifier: Apache-2.0

/**
 * Events that a manager publishes, and the listener that receives them.
 */
@NullMarked
package io.github.mcpoauth.event;

import org.jspecify.annotations.NullMarked;

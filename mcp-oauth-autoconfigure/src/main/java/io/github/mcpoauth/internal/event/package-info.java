// SPDX-License-Identifier: Apache-2.0

/**
 * Calls listeners of the application so that their failures have no effect.
 */
@NullMarked
package io.github.mcpoauth.internal.event;

import org.jspecify.annotations.NullMarked;

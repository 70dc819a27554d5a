// SPDX-License-Identifier: Apache-2.0

/**
 * An application that uses whichever starters are on its class path.
 */
@NullMarked
package io.github.mcpoauth.starters.application;

import org.jspecify.annotations.NullMarked;

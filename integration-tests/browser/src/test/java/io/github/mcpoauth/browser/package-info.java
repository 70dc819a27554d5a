// SPDX-License-Identifier: Apache-2.0

/**
 * The connections page in Chromium.
 */
@NullMarked
package io.github.mcpoauth.browser;

import org.jspecify.annotations.NullMarked;

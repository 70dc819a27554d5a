// SPDX-License-Identifier: Apache-2.0

/**
 * Shows in one run the life of a token between login and revocation.
 */
@NullMarked
package io.github.mcpoauth.samples.quickstart;

import org.jspecify.annotations.NullMarked;

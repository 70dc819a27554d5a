// SPDX-License-Identifier: Apache-2.0

/**
 * The filter that gives WebClient requests their token.
 */
@NullMarked
package io.github.mcpoauth.webclient;

import org.jspecify.annotations.NullMarked;

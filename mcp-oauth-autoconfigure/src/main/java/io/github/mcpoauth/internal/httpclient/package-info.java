// SPDX-License-Identifier: Apache-2.0

/**
 * The HTTP client of the JDK and Spring's blocking clients, with the filters of a
 * WebClient.
 */
@NullMarked
package io.github.mcpoauth.internal.httpclient;

import org.jspecify.annotations.NullMarked;

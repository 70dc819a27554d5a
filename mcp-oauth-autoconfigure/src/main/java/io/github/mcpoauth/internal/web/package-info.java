// SPDX-License-Identifier: Apache-2.0

/**
 * The connections page: users see and change the authorization of servers in a browser.
 * All of it is here once; how an application serves it is a thin layer for each stack.
 */
@NullMarked
package io.github.mcpoauth.internal.web;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * Nodes that share grants, on virtual time and with faults at every boundary.
 */
@NullMarked
package io.github.mcpoauth.simulation;

import org.jspecify.annotations.NullMarked;

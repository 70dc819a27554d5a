// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import org.springframework.ai.tool.ToolCallback;

/**
 * The tools of one provider.
 */
interface ConnectionToolSet {

	/**
	 * The tools there are now.
	 * @return a new array
	 * @throws IllegalStateException if two tools have the same name
	 */
	ToolCallback[] get();

	/**
	 * List the tools anew when they are asked for next.
	 */
	void invalidate();

}

// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;

import org.springframework.ai.tool.ToolCallback;

/**
 * The tools of one connection or provider.
 */
interface ConnectionToolSet {

	/**
	 * The tools there are now, for the user of the present thread.
	 * @return the tools
	 * @throws IllegalStateException if two tools have the same name
	 */
	List<ToolCallback> get();

	/**
	 * List the tools anew when they are asked for next.
	 */
	void invalidate();

}

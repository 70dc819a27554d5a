/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.springai;

import org.springframework.ai.tool.ToolCallback;

/**
 * What a provider of tools provides.
 */
interface Tools {

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

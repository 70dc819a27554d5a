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

package io.github.mcpoauth.store.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process that writes a record as the store does, again and again, and says so after
 * each time. It needs nothing but the JDK.
 */
public final class FileWriter {

	/**
	 * The record with a number in the place of the generation.
	 */
	static final String TEMPLATE = "template";

	static final long PLACEHOLDER = 987654321;

	private FileWriter() {
	}

	public static void main(String[] arguments) throws IOException {
		Path path = Path.of(arguments[0]);
		RecordDirectory directory = new RecordDirectory(path);
		String template = Files.readString(path.resolve(TEMPLATE));
		for (long i = Long.parseLong(arguments[1]);; i++) {
			byte[] content = template.replace(Long.toString(PLACEHOLDER), Long.toString(i))
				.getBytes(StandardCharsets.UTF_8);
			FileState written = directory.replace("linear.json", content, () -> {
			}).state();
			directory.deleteLeftovers("linear.json", written);
			System.out.println(i);
			System.out.flush();
		}
	}

}

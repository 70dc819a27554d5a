// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

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
			directory.replace("linear.json", content);
			System.out.println(i);
			System.out.flush();
		}
	}

}

// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A parser of text that another program or a user wrote.
 *
 * @param name its name, for messages
 * @param samples texts that it accepts, to start from
 * @param failures the exceptions that it documents
 * @param format the parser
 */
public record ForeignParser(String name, List<String> samples, Set<Class<? extends Exception>> failures,
		Format format) {

	private static final int LONGEST_MESSAGE = 4000;

	/**
	 * A result may repeat names, masks and defaults, and must not multiply the text.
	 */
	private static final int LARGEST_FACTOR = 100;

	private static final int LARGEST_START = 10_000;

	/**
	 * Read a text, and require a result of reasonable size or a documented exception.
	 * @param text the text
	 * @return whether there is a result
	 * @throws AssertionError if the parser does anything else
	 */
	public boolean read(String text) {
		try {
			int length = String.valueOf(this.format.parse(text)).length();
			if (length > LARGEST_START + (long) LARGEST_FACTOR * text.length()) {
				throw new AssertionError("%s made %d characters of %d".formatted(this.name, length, text.length()));
			}
			return true;
		}
		catch (StackOverflowError | OutOfMemoryError ex) {
			throw new AssertionError("%s failed with %s".formatted(this.name, ex.getClass().getSimpleName()), ex);
		}
		catch (Exception ex) {
			if (this.failures.stream().noneMatch((failure) -> failure.isInstance(ex))) {
				throw new AssertionError("%s failed with an exception that it does not document".formatted(this.name),
						ex);
			}
			if (String.valueOf(ex.getMessage()).length() > LONGEST_MESSAGE) {
				throw new AssertionError("%s failed with a message that is too long".formatted(this.name), ex);
			}
			return false;
		}
	}

	/**
	 * The content of a file. Text without characters above U+00FF becomes one byte for
	 * each character, so that malformed UTF-8 is among the contents.
	 * @param text the text
	 * @return the content
	 */
	public static byte[] bytes(String text) {
		boolean narrow = text.chars().allMatch((character) -> character <= 0xFF);
		Charset charset = narrow ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
		return text.getBytes(charset);
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * Understands a text.
	 */
	@FunctionalInterface
	public interface Format {

		/**
		 * Parse a text.
		 * @param text the text
		 * @return the result, {@code null} for a text that counts as absent
		 * @throws Exception one of the documented exceptions
		 */
		@Nullable Object parse(String text) throws Exception;

	}

}

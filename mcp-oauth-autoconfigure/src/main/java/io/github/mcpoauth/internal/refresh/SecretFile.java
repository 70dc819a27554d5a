// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A file that somebody else keeps a token in, and may replace at any time.
 *
 * @param what what it is said to be, for messages
 * @param path where it is
 */
record SecretFile(String what, Path path) {

	/**
	 * Read it.
	 * @return a mono with what it holds, without white space around; never empty. Fails
	 * with {@link UnavailableException} if it cannot be read or is empty: it may just be
	 * replaced
	 */
	Mono<Secret> read() {
		return Mono.fromCallable(() -> {
			String text;
			try {
				text = Files.readString(this.path, StandardCharsets.UTF_8).strip();
			}
			catch (IOException ex) {
				throw new UnavailableException(
						"%s in %s cannot be read (%s)".formatted(this.what, this.path, ex.getClass().getSimpleName()),
						null, null);
			}
			if (text.isEmpty()) {
				throw new UnavailableException("%s in %s is empty".formatted(this.what, this.path), null, null);
			}
			return Secret.of(text);
		}).subscribeOn(Schedulers.boundedElastic());
	}

	/**
	 * What to compare to see that a file was replaced.
	 * @param path where it is, {@code null} for no file
	 * @return equal stamps for a file that surely looks the same
	 */
	static Object stamp(@Nullable Path path) {
		if (path == null) {
			return "none";
		}
		try {
			BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
			return new Stamp(attributes.lastModifiedTime().toInstant().toString(), attributes.size(),
					String.valueOf(attributes.fileKey()));
		}
		catch (IOException ex) {
			return "absent";
		}
	}

	private record Stamp(String modified, long size, String key) {

	}

}

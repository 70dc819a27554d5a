// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.text.FileFailure;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A file in which another program keeps a token, and which it may replace at any time.
 *
 * @param subject the name of the token in messages
 * @param path the path of the file
 */
record SecretFile(String subject, Path path) {

	/**
	 * Read the file.
	 * @param blocking threads that may block
	 * @return a mono with the content, without white space around; never empty. Fails
	 * with {@link UnavailableException} if it cannot be read or is empty: it may just be
	 * replaced
	 */
	Mono<Secret> read(Scheduler blocking) {
		return Mono.fromCallable(() -> {
			String text;
			try {
				text = Files.readString(this.path, StandardCharsets.UTF_8).strip();
			}
			catch (IOException ex) {
				throw new UnavailableException(
						"%s in %s cannot be read: %s".formatted(this.subject, this.path, FileFailure.reason(ex)), null,
						null);
			}
			if (text.isEmpty()) {
				throw new UnavailableException("%s in %s is empty".formatted(this.subject, this.path), null, null);
			}
			return Secret.of(text);
		}).subscribeOn(blocking);
	}

	/**
	 * A value to compare to see that a file was replaced.
	 * @param path the path, {@code null} for no file
	 * @return equal stamps for a file that surely looks the same
	 */
	static Object stamp(@Nullable Path path) {
		if (path == null) {
			return "none";
		}
		try {
			BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
			return new FileVersion(attributes.lastModifiedTime().toInstant().toString(), attributes.size(),
					String.valueOf(attributes.fileKey()));
		}
		catch (IOException ex) {
			return "absent";
		}
	}

	private record FileVersion(String modified, long size, String key) {

	}

}

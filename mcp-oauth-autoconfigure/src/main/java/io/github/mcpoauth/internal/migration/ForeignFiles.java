// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;

import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import org.jspecify.annotations.Nullable;

/**
 * Files of other agents.
 */
final class ForeignFiles {

	private ForeignFiles() {
	}

	static Path home() {
		return Path.of(System.getProperty("user.home"));
	}

	/**
	 * A directory that an environment variable may name.
	 */
	static Path directory(String variable, String belowHome) {
		String named = System.getenv(variable);
		return (named != null && !named.isBlank()) ? Path.of(named) : home().resolve(belowHome);
	}

	static Grant grant(Path file) throws IOException, MalformedRecordException {
		Instant modified = Files.getLastModifiedTime(file).toInstant();
		return GrantDocument.parse(Files.readAllBytes(file), modified).grant();
	}

	/**
	 * A client that cannot be understood is ignored: the next login registers another
	 * one.
	 */
	static @Nullable OAuthClient client(Path file) throws IOException {
		try {
			return ClientDocument.parse(Files.readAllBytes(file));
		}
		catch (NoSuchFileException | MalformedRecordException ex) {
			return null;
		}
	}

	/**
	 * A document that cannot be understood is ignored: it is fetched again.
	 */
	static Map<String, Object> document(Path file) throws IOException {
		try {
			return JsonMembers.parse(Files.readAllBytes(file)).rest();
		}
		catch (NoSuchFileException | MalformedRecordException ex) {
			return Map.of();
		}
	}

	static void replace(Path file, byte[] content) throws IOException {
		Path temporary = file.resolveSibling(file.getFileName() + ".mcp-oauth");
		Files.deleteIfExists(temporary);
		if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			Files.createFile(temporary, PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(file)));
		}
		Files.write(temporary, content, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
		Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
	}

}

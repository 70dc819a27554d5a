// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import org.jspecify.annotations.Nullable;

/**
 * The files that name the owner of the records in a directory, because the names of
 * directories and files do not. They stand beside the records, so that a program which
 * replaces a record need not know of them:
 * <ul>
 * <li>{@code .principal.json} has the name of the principal whose directory it is.</li>
 * <li>{@code <name>.name.json} has the name of the server, if the file name has other
 * characters.</li>
 * </ul>
 *
 * @param file the name of the file
 * @param member the member of the JSON object in it
 */
record NameFile(String file, String member) {

	/**
	 * No record has a name that begins with a dot.
	 */
	static final NameFile PRINCIPAL = new NameFile(".principal.json", "principal");

	static NameFile server(RecordName name) {
		return new NameFile(name.text() + ".name.json", "server");
	}

	/**
	 * Write the files of a principal's key that are missing.
	 * @param key the key
	 * @param directory the directory of the principal
	 * @throws IOException if one cannot be written
	 */
	static void write(GrantKey key, RecordDirectory directory) throws IOException {
		String principal = key.principal();
		if (principal == null) {
			return;
		}
		PRINCIPAL.write(principal, directory);
		RecordName name = RecordName.of(key);
		if (!name.text().equals(key.server())) {
			server(name).write(key.server(), directory);
		}
	}

	private void write(String text, RecordDirectory directory) throws IOException {
		if (!text.equals(read(directory))) {
			directory.replace(this.file, JsonMembers.render(Map.of(this.member, text)));
		}
	}

	/**
	 * Read the name.
	 * @param directory the directory of the principal
	 * @return the name, {@code null} if the file is missing or cannot be understood
	 * @throws IOException if it cannot be read
	 */
	@Nullable String read(RecordDirectory directory) throws IOException {
		byte[] content = directory.read(this.file);
		try {
			return (content != null) ? JsonMembers.parse(content).text(this.member) : null;
		}
		catch (MalformedRecordException ex) {
			return null;
		}
	}

	/**
	 * Remove the files of a principal's key that are of no more use.
	 * @param key the key, all records of which are gone
	 * @param directory the directory of the principal
	 * @throws IOException if one is still there
	 */
	static void remove(GrantKey key, RecordDirectory directory) throws IOException {
		String principal = key.principal();
		if (principal != null) {
			directory.delete(server(RecordName.of(key)).file());
			if (FileListing.records(directory).isEmpty()) {
				directory.delete(PRINCIPAL.file());
			}
		}
	}

}

// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.GrantPages;
import org.jspecify.annotations.Nullable;

/**
 * Lists the records in the directories of principals. A page reads the names of all these
 * directories and looks into as many as it has entries.
 *
 * @param principals the directory with a directory for each principal
 */
record FileListing(Path principals) {

	GrantQuery.Page list(GrantQuery query) throws IOException {
		Place after = Place.of(query.after());
		String principal = query.principal();
		List<String> directories = (principal != null) ? List.of(PrincipalName.directory(principal))
				: directories(after, query.limit() + 1);
		List<GrantQuery.Entry> entries = new ArrayList<>();
		for (int index = 0; index < directories.size(); index++) {
			String directory = directories.get(index);
			if (index == query.limit()) {
				return new GrantQuery.Page(entries, new Place(directory, "").toString());
			}
			RecordDirectory records = new RecordDirectory(this.principals.resolve(directory));
			// A lock file holds nothing, but its directory is named after the principal
			for (Map.Entry<String, Boolean> record : records(records, principal != null).entrySet()) {
				Place place = new Place(directory, record.getKey());
				GrantQuery.Entry entry = place.isBehind(after) ? entry(place, query, record.getValue()) : null;
				if (entry != null && entries.size() == query.limit()) {
					return new GrantQuery.Page(entries, last(entries, directory));
				}
				if (entry != null) {
					entries.add(entry);
				}
			}
		}
		return new GrantQuery.Page(entries, null);
	}

	/**
	 * The place of the last entry, behind which the next page begins. If no entry is of
	 * this directory, the page begins with it.
	 */
	private static String last(List<GrantQuery.Entry> entries, String directory) {
		GrantKey key = entries.get(entries.size() - 1).key();
		boolean same = PrincipalName.directory(String.valueOf(key.principal())).equals(directory);
		return new Place(directory, same ? RecordName.of(key).text() : "").toString();
	}

	private List<String> directories(Place after, int most) throws IOException {
		try (DirectoryStream<Path> all = Files.newDirectoryStream(this.principals)) {
			return List
				.copyOf(GrantPages
					.first(StreamSupport.stream(all.spliterator(), false)
						.map((path) -> String.valueOf(path.getFileName()))
						.filter((name) -> name.compareTo(after.directory()) >= 0), null, most, (name) -> name)
					.values());
		}
		catch (NoSuchFileException ex) {
			return List.of();
		}
		catch (DirectoryIteratorException ex) {
			throw ex.getCause();
		}
	}

	static NavigableMap<String, Boolean> records(RecordDirectory directory) throws IOException {
		return records(directory, false);
	}

	/**
	 * The records in the directory of a principal.
	 * @param directory the directory
	 * @param locks whether a lock file counts as a record
	 * @return the names of files without extension, and whether there is a grant
	 * @throws IOException if it cannot be read
	 */
	private static NavigableMap<String, Boolean> records(RecordDirectory directory, boolean locks) throws IOException {
		NavigableMap<String, Boolean> records = new TreeMap<>();
		try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.path())) {
			for (Path file : files) {
				String name = String.valueOf(file.getFileName());
				// The first dot ends the name of a record, which has none
				int end = name.indexOf('.');
				String extension = (end > 0) ? name.substring(end) : "";
				if (!extension.isEmpty() && !extension.equals(".name.json")
						&& (locks || !extension.equals(".json.refresh.lock"))) {
					records.merge(name.substring(0, end), extension.equals(".json"), Boolean::logicalOr);
				}
			}
		}
		catch (NoSuchFileException | NotDirectoryException ex) {
			return records;
		}
		catch (DirectoryIteratorException ex) {
			throw ex.getCause();
		}
		return records;
	}

	/**
	 * Understand a place.
	 * @return the entry, {@code null} if the query does not select it, or if no file
	 * names its owner: an older version wrote no names
	 */
	private GrantQuery.@Nullable Entry entry(Place place, GrantQuery query, boolean granted) throws IOException {
		RecordDirectory directory = new RecordDirectory(this.principals.resolve(place.directory()));
		String principal = (query.principal() != null) ? query.principal() : NameFile.PRINCIPAL.read(directory);
		String named = NameFile.server(new RecordName(place.record())).read(directory);
		String server = (named != null) ? named : place.record();
		if (principal == null || !place.isOf(server, principal)) {
			return null;
		}
		GrantKey key = GrantKey.of(server, principal);
		return query.selects(key) ? new GrantQuery.Entry(key, granted) : null;
	}

	/**
	 * The place of a record.
	 *
	 * @param directory the name of the directory of the principal
	 * @param record the name of the files of the server
	 */
	private record Place(String directory, String record) {

		static Place of(@Nullable String text) {
			int end = (text != null) ? text.indexOf('/') : -1;
			return (text != null && end >= 0) ? new Place(text.substring(0, end), text.substring(end + 1))
					: new Place((text != null) ? text : "", "");
		}

		boolean isBehind(Place other) {
			int order = this.directory.compareTo(other.directory);
			return order > 0 || (order == 0 && this.record.compareTo(other.record) > 0);
		}

		/**
		 * Whether the names are those of this place: a file may have been copied from
		 * another one.
		 */
		boolean isOf(String server, String principal) {
			try {
				GrantKey key = GrantKey.of(server, principal);
				return PrincipalName.directory(principal).equals(this.directory)
						&& RecordName.of(key).text().equals(this.record);
			}
			catch (IllegalArgumentException ex) {
				return false;
			}
		}

		@Override
		public String toString() {
			return this.directory + "/" + this.record;
		}

	}

}

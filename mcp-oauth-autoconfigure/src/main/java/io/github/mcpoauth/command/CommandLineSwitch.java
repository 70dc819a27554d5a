// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Tells whether the configuration of an application could turn its command line off,
 * before Spring Boot has read it, which takes longer than to print the help.
 * <p>
 * It looks at the usual files only, and for words instead of properties. It is not sure
 * as soon as a word could turn the command line off, or could name further configuration.
 */
final class CommandLineSwitch {

	/**
	 * The switch, further files, and profiles that have files of their own.
	 */
	private static final List<String> IN_FILES = List.of("commandline", "import", "profiles");

	private static final List<String> ELSEWHERE = List.of("commandline", "springconfig", "springprofiles",
			"springapplicationjson");

	private static final List<String> DIRECTORIES = List.of("", "config/");

	private static final List<String> NAMES = List.of("application.properties", "application.yml", "application.yaml",
			"application.xml", "application-default.properties", "application-default.yml", "application-default.yaml",
			"application-default.xml");

	private CommandLineSwitch() {
	}

	/**
	 * Whether the command line is on, for sure.
	 * @param arguments arguments of the application
	 * @param classLoader finds the files of the class path
	 * @return {@code false} if the configuration has to be read to know
	 */
	static boolean isSurelyOn(String[] arguments, ClassLoader classLoader) {
		try {
			return isSilent(List.of(arguments), ELSEWHERE) && isSilent(System.getenv().keySet(), ELSEWHERE)
					&& isSilent(System.getProperties().stringPropertyNames(), ELSEWHERE) && files(classLoader);
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static boolean files(ClassLoader classLoader) throws IOException {
		for (String directory : DIRECTORIES) {
			for (String name : NAMES) {
				try (InputStream resource = classLoader.getResourceAsStream(directory + name)) {
					if (resource != null && !isSilent(resource)) {
						return false;
					}
				}
				Path file = Path.of(directory + name);
				if (Files.exists(file) && !isSilent(List.of(Files.readString(file)), IN_FILES)) {
					return false;
				}
			}
		}
		return !hasDirectories(Path.of("config"));
	}

	/**
	 * Spring Boot also reads the files in each directory below this one.
	 */
	private static boolean hasDirectories(Path config) throws IOException {
		if (!Files.isDirectory(config)) {
			return false;
		}
		try (Stream<Path> entries = Files.list(config)) {
			return entries.anyMatch(Files::isDirectory);
		}
	}

	private static boolean isSilent(InputStream resource) throws IOException {
		return isSilent(List.of(new String(resource.readAllBytes(), StandardCharsets.UTF_8)), IN_FILES);
	}

	private static boolean isSilent(Collection<String> texts, List<String> words) {
		for (String text : texts) {
			String uniform = uniform(text);
			if (words.stream().anyMatch(uniform::contains)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Spring Boot reads names without regard to case, dashes and underscores.
	 */
	private static String uniform(String text) {
		StringBuilder uniform = new StringBuilder(text.length());
		for (int index = 0; index < text.length(); index++) {
			char character = text.charAt(index);
			if (Character.isLetterOrDigit(character)) {
				uniform.append(character);
			}
		}
		return uniform.toString().toLowerCase(Locale.ROOT);
	}

}

// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;

import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.ClassUtils;

/**
 * Hermes agent: {@code mcp-tokens/<name>.json} beside a {@code config.yaml} that has the
 * URLs.
 */
final class HermesStore implements ForeignStore {

	private static final String TOKENS = "mcp-tokens";

	private static final String CONFIGURATION = "config.yaml";

	private static final String SUFFIX = ".json";

	@Override
	public Path usualPath() {
		return ForeignFiles.directory("HERMES_HOME", ".hermes");
	}

	@Override
	public List<ForeignLogin> read(Path path, Collection<McpServer> servers) throws IOException {
		Path directory = Files.isDirectory(path.resolve(TOKENS)) ? path.resolve(TOKENS) : path;
		Map<String, String> urls = urls(directory.toAbsolutePath().resolveSibling(CONFIGURATION), servers);
		List<ForeignLogin> logins = new ArrayList<>();
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.filter(HermesStore::isGrant).sorted().toList()) {
				logins.add(read(file, urls));
			}
		}
		return logins;
	}

	private static boolean isGrant(Path file) {
		String name = String.valueOf(file.getFileName());
		return name.endsWith(SUFFIX) && !name.endsWith(".client.json") && !name.endsWith(".meta.json")
				&& Files.isRegularFile(file);
	}

	private static ForeignLogin read(Path file, Map<String, String> urls) throws IOException {
		String fileName = String.valueOf(file.getFileName());
		String name = fileName.substring(0, fileName.length() - SUFFIX.length());
		String url = urls.get(fileName);
		Path clientFile = file.resolveSibling(name + ".client.json");
		Path metadataFile = file.resolveSibling(name + ".meta.json");
		try {
			OAuthClient client = ForeignFiles.client(clientFile);
			return new ForeignLogin(file.toString(), name, url, ForeignFiles.grant(file), client,
					ForeignFiles.document(metadataFile), null, () -> {
						Files.deleteIfExists(file);
						Files.deleteIfExists(clientFile);
						Files.deleteIfExists(metadataFile);
					});
		}
		catch (MalformedRecordException ex) {
			return ForeignLogin.unreadable(file.toString(), name, url, "it " + ex.getMessage());
		}
	}

	/**
	 * The URLs, by the name of the file. Where the configuration does not say, a server
	 * of the same name is taken to be the same.
	 */
	private static Map<String, String> urls(Path configuration, Collection<McpServer> servers) {
		Map<String, String> urls = new TreeMap<>();
		for (McpServer server : servers) {
			urls.put(FileTokenStore.fileName(server.key()), server.url().toString());
		}
		Properties properties = properties(configuration);
		String prefix = "mcp_servers.";
		for (String property : properties.stringPropertyNames()) {
			if (property.startsWith(prefix) && property.endsWith(".url")) {
				String name = property.substring(prefix.length(), property.length() - ".url".length());
				if (!name.isBlank() && name.indexOf('.') < 0) {
					urls.put(FileTokenStore.fileName(GrantKey.of(name)), properties.getProperty(property));
				}
			}
		}
		return urls;
	}

	private static Properties properties(Path configuration) {
		if (!Files.isReadable(configuration)
				|| !ClassUtils.isPresent("org.yaml.snakeyaml.Yaml", HermesStore.class.getClassLoader())) {
			return new Properties();
		}
		YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
		yaml.setResources(new FileSystemResource(configuration));
		try {
			Properties properties = yaml.getObject();
			return (properties != null) ? properties : new Properties();
		}
		catch (RuntimeException ex) {
			// Names have to do
			return new Properties();
		}
	}

}

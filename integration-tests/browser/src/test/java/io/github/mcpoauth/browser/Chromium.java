// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.TimeoutException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * A Chromium without a window, with a profile of its own, that reaches this machine only.
 */
final class Chromium implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final Pattern CALLBACK = Pattern
		.compile("\"url\":\"(http://127\\.0\\.0\\.1:\\d+/mcp/connections/callback\\?[^\"]*)\"");

	private static final List<String> FLAGS = List.of("--headless=new", "--no-sandbox", "--disable-gpu",
			"--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--disable-dev-shm-usage", "--window-size=1000,1100",
			"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost");

	private final ChromeDriver driver;

	private final Path profile;

	private Chromium(ChromeDriver driver, Path profile) {
		this.driver = driver;
		this.profile = profile;
	}

	static Chromium start() {
		return start(true);
	}

	/**
	 * Start a browser.
	 * @param script whether pages may run scripts
	 * @return the browser
	 */
	static Chromium start(boolean script) {
		try {
			Path profile = Files.createTempDirectory("chromium");
			ChromeOptions options = new ChromeOptions();
			options.setBinary(command("chromium"));
			options.addArguments(FLAGS);
			options.addArguments("--user-data-dir=" + profile);
			if (!script) {
				options.setExperimentalOption("prefs",
						Map.of("profile.managed_default_content_settings.javascript", 2));
			}
			LoggingPreferences logging = new LoggingPreferences();
			logging.enable(LogType.BROWSER, Level.ALL);
			logging.enable(LogType.PERFORMANCE, Level.ALL);
			options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
			ChromeDriverService service = new ChromeDriverService.Builder()
				.usingDriverExecutable(command("chromedriver"))
				.usingAnyFreePort()
				.build();
			return new Chromium(new ChromeDriver(service, options), profile);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Nothing is downloaded in place of what is missing.
	 */
	private static File command(String name) {
		return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator))
			.map((directory) -> new File(directory, name))
			.filter(File::canExecute)
			.findFirst()
			.orElseThrow(() -> new IllegalStateException("There is no '%s': install it, see .ci/run".formatted(name)));
	}

	void open(URI url) {
		this.driver.get(url.toString());
	}

	URI address() {
		return URI.create(this.driver.getCurrentUrl());
	}

	void reload() {
		this.driver.navigate().refresh();
	}

	/**
	 * Wait for an element.
	 */
	WebElement find(String selector) {
		return await(selector, () -> this.driver.findElements(By.cssSelector(selector)).stream().findFirst());
	}

	boolean has(String selector) {
		return !this.driver.findElements(By.cssSelector(selector)).isEmpty();
	}

	void click(String selector) {
		find(selector).click();
	}

	void type(String selector, String text) {
		WebElement input = find(selector);
		input.clear();
		input.sendKeys(text);
	}

	/**
	 * Wait until the page says something.
	 */
	String awaitText(String text) {
		return await(text, () -> Optional.of(text()).filter((all) -> all.contains(text)));
	}

	/**
	 * Wait for something, and tell what there was instead if it does not come.
	 */
	private <T> T await(String expected, Supplier<Optional<T>> look) {
		try {
			return new WebDriverWait(this.driver, PATIENCE).until((unused) -> present(look).orElse(null));
		}
		catch (TimeoutException ex) {
			screenshot("missing");
			throw new AssertionError(
					"No '%s' at %s, which says: %s".formatted(expected, this.driver.getCurrentUrl(), text()), ex);
		}
	}

	/**
	 * A look at a page that is replaced meanwhile finds nothing. ChromeDriver has two
	 * errors for that.
	 */
	private static <T> Optional<T> present(Supplier<Optional<T>> look) {
		try {
			return look.get();
		}
		catch (StaleElementReferenceException ex) {
			return Optional.empty();
		}
		catch (WebDriverException ex) {
			if (String.valueOf(ex.getMessage()).contains("does not belong to the document")) {
				return Optional.empty();
			}
			throw ex;
		}
	}

	String text() {
		return this.driver.findElement(By.tagName("body")).getText();
	}

	/**
	 * Status of the page that is shown.
	 */
	int status() {
		return ((Number) run("return performance.getEntriesByType('navigation')[0].responseStatus")).intValue();
	}

	Object run(String script, Object... arguments) {
		return this.driver.executeScript(script, arguments);
	}

	/**
	 * The last address that an authorization server sent this browser back to.
	 */
	URI callback() {
		return await("callback", () -> {
			URI last = null;
			for (LogEntry entry : this.driver.manage().logs().get(LogType.PERFORMANCE)) {
				Matcher matcher = CALLBACK.matcher(entry.getMessage());
				last = matcher.find() ? URI.create(matcher.group(1)) : last;
			}
			return Optional.ofNullable(last);
		});
	}

	/**
	 * What the browser holds against the pages it has seen, for example that something
	 * was not let run. A status is not a complaint.
	 */
	List<String> complaints() {
		return this.driver.manage()
			.logs()
			.get(LogType.BROWSER)
			.getAll()
			.stream()
			.map(LogEntry::getMessage)
			.filter((message) -> message.contains("/mcp/connections"))
			.filter((message) -> !message.contains("the server responded with a status of"))
			.toList();
	}

	/**
	 * What hinders people who cannot see, point or tell colours apart, as axe finds it.
	 */
	List<?> barriers() {
		try (InputStream stream = Chromium.class
			.getResourceAsStream("/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js")) {
			if (stream == null) {
				throw new IllegalStateException("axe is not on the class path");
			}
			run(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		return (List<?>) this.driver.executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				axe.run(document).then((found) => done(found.violations.map((violation) => violation.id + ": "
					+ violation.nodes.map((node) => node.html + " " + node.failureSummary).join(" | "))),
					(failure) => done([String(failure)]));
				""");
	}

	void dark(boolean dark) {
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
	}

	void width(int width) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 600));
	}

	/**
	 * Put a picture of the whole page into the build output.
	 */
	void screenshot(String name) {
		Object data = this.driver
			.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true))
			.get("data");
		Path directory = Path.of(System.getProperty("screenshots", "target/screenshots"));
		try {
			Files.createDirectories(directory);
			Files.write(directory.resolve(name + ".png"), Base64.getDecoder().decode(String.valueOf(data)));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.driver.quit();
		try (Stream<Path> files = Files.walk(this.profile)) {
			files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}

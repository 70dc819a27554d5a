// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import org.jspecify.annotations.Nullable;

import org.springframework.context.MessageSource;
import org.springframework.context.support.ResourceBundleMessageSource;
import org.springframework.http.HttpHeaders;
import org.springframework.util.Assert;

/**
 * The texts of the page, in the languages there are. A text is a piece of Mustache, so
 * that it can place the values of the template that it stands in. The application's own
 * messages come first, ours replace those it does not have.
 */
final class Texts {

	static final String BUNDLE = "io.github.mcpoauth.internal.web.messages";

	private static final String PREFIX = "mcp.connections.";

	private static final String LANGUAGE = "lang";

	private final @Nullable MessageSource application;

	private final ResourceBundleMessageSource own = new ResourceBundleMessageSource();

	private final Mustache.Compiler compiler;

	/**
	 * By language and name. Both come from the bundles and our templates, so it is
	 * bounded.
	 */
	private final Map<String, Template> compiled = new ConcurrentHashMap<>();

	Texts(@Nullable MessageSource application, Mustache.Compiler compiler) {
		this.application = application;
		this.compiler = compiler;
		this.own.setBasename(BUNDLE);
		this.own.setBundleClassLoader(Texts.class.getClassLoader());
		this.own.setDefaultEncoding(StandardCharsets.UTF_8.name());
		this.own.setFallbackToSystemLocale(false);
	}

	/**
	 * The first language of a browser that there are texts in.
	 * @param headers the headers of its request
	 * @return the language, English otherwise
	 */
	Locale language(HttpHeaders headers) {
		for (Locale locale : languages(headers)) {
			Locale language = Locale.forLanguageTag(locale.getLanguage());
			if (language.getLanguage().equals(find(LANGUAGE, language))) {
				return language;
			}
		}
		return Locale.ENGLISH;
	}

	private static List<Locale> languages(HttpHeaders headers) {
		try {
			return headers.getAcceptLanguageAsLocales();
		}
		catch (IllegalArgumentException ex) {
			return List.of();
		}
	}

	boolean has(String name, Locale language) {
		return find(name, language) != null;
	}

	/**
	 * A section of a template that contains the name of a text and shows that text.
	 */
	Mustache.Lambda section(Locale language) {
		return (fragment, out) -> {
			String name = fragment.execute();
			fragment.executeTemplate(
					this.compiled.computeIfAbsent(language + " " + name, (absent) -> compile(name, language)), out);
		};
	}

	private Template compile(String name, Locale language) {
		String text = find(name, language);
		Assert.state(text != null, () -> "There is no text '%s'".formatted(name));
		return this.compiler.compile(text);
	}

	private @Nullable String find(String name, Locale language) {
		String code = PREFIX + name;
		String text = (this.application != null) ? this.application.getMessage(code, null, null, language) : null;
		return (text != null && !text.equals(code)) ? text : this.own.getMessage(name, null, null, language);
	}

}
